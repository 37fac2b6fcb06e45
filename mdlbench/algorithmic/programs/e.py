import sys

sys.set_int_max_str_digits(0)
n = int(sys.argv[1])
a = b = 10 ** (n + 9)
for i in range(n + 25, 0, -1):
    a = b + a // i
print(str(a)[:n], end="")
