import { startProcess } from '@sapwood/integration'

/** Sends `bytes` to whoever connects, and ends; in a process of its own, so as not to share our thread. */
const SOURCE = `
const bytes = Number(process.argv[1])
const chunk = Buffer.alloc(65536, 7)
require('node:net').createServer({ allowHalfOpen: true }, (socket) => {
  let left = bytes
  const more = () => {
    while (left > 0) {
      const part = left >= chunk.length ? chunk : chunk.subarray(0, left)
      left -= part.length
      if (!socket.write(part)) return
    }
    socket.end()
  }
  socket.on('drain', more)
  socket.on('error', () => socket.destroy())
  socket.on('end', () => socket.end())
  socket.resume()
  more()
}).listen(0, '127.0.0.1', function () { console.log('port', this.address().port) })
`

export interface Source extends AsyncDisposable {
  readonly port: number
}

export async function startSource(bytes: number): Promise<Source> {
  const running = await startProcess([process.execPath, '-e', SOURCE, String(bytes)])
  const [, port] = await running.waitForOutput(/port (\d+)/)
  return {
    port: Number(port),
    [Symbol.asyncDispose]: async () => {
      await running.stop()
    },
  }
}
