import sys

n, k = int(sys.argv[1]), 2
while n:
    if all(k % i for i in range(2, int(k**0.5) + 1)):
        print(k)
        n -= 1
    k += 1
