// Keeps one core busy until whoever started it ends it, or is gone.
process.on('disconnect', () => process.exit())

let sink = 0
function turn(): void {
  const until = performance.now() + 20
  while (performance.now() < until) sink = Math.imul(sink + 1, 2_654_435_761)
  setImmediate(turn)
}
turn()
