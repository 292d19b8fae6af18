#include "allocator/allocator.h"

int main(int argc, char **argv)
{
    return worker_main(argc, argv, &allocator_role);
}
