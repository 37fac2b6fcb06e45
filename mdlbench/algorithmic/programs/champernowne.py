import sys

n = int(sys.argv[1])
print("".join(map(str, range(1, n + 1)))[:n], end="")
