// Most of a test here is waiting: for the browser, for programs to start.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
