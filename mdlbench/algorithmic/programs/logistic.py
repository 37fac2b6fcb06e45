import sys

x = 2**128 // 3
for _ in range(int(sys.argv[1])):
    print(x >> 127, end="")
    x = x * (2**128 - x) >> 126
