import sys

x, a = 0, []
for i in range(int(sys.argv[1])):
    x = (1664525 * x + 1013904223) % 2**32
    a.insert(x * (i + 1) >> 32, i)
print(*a, sep="\n")
