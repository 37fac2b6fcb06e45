import sys

for i in range(int(sys.argv[1])):
    print(i.bit_count() % 2, end="")
