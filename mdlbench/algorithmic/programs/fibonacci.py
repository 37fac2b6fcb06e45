import sys

a, b = 0, 1
for _ in range(int(sys.argv[1])):
    print(a)
    a, b = b, (a + b) % 65536
