#include "caseworker/caseworker.h"

int main(int argc, char **argv)
{
    return worker_main(argc, argv, &caseworker_role);
}
