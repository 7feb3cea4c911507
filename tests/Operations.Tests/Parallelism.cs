// Most of a test here is waiting: for programs to start, for clocks, for other processes.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
