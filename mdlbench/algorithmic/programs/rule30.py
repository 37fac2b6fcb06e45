import sys

x = 1
for i in range(int(sys.argv[1])):
    print(x >> i & 1, end="")
    x ^= 2 * x | 4 * x
