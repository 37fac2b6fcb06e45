import sys

sys.set_int_max_str_digits(0)
n = int(sys.argv[1])
a, b = 0, 2 * 10 ** (n + 9)
for i in range(4 * n + 9, 0, -1):
    a = b + a * i // (2 * i + 1)
print(str(a)[:n], end="")
