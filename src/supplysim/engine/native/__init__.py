"""The month in C++ (month.cpp), what it is given, and how it is built."""
