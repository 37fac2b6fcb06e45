import sys

n, x, s = int(sys.argv[1]), 1, ""
while len(s) < n:
    s += f"{x:b}"
    x = (x | 2 * x) ^ (x & 2 * x & x // 2)
print(s[:n], end="")
