#include "sequencer/sequencer.h"

int main(int argc, char **argv)
{
    return worker_main(argc, argv, &sequencer_role);
}
