// Most of a test here is waiting: for task hubs to be looked at, for leases, for other processes.
[assembly: CollectionBehavior(MaxParallelThreads = 6)]
