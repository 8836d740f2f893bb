// Loaded before each test file. tap's process recorder sets an exit code of 0 before Node can say 13,
// its code for "a top-level await never settled": such a file would pass with half of its tests unrun.
process.prependListener('exit', () => {
  if (process.exitCode === 0) process.exitCode = undefined
})
