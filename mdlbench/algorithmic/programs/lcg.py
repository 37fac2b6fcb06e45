import sys

x = 0
for _ in range(int(sys.argv[1])):
    x = (1664525 * x + 1013904223) % 2**32
    print(x)
