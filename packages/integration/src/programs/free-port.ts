import { once } from 'node:events'
import { createServer } from 'node:net'

/** Ports given out by this process, so that two programs started at once are never told the same one. */
const given = new Set<number>()

/**
 * A TCP port of 127.0.0.1 that nothing listens on now. Another process may take it before the program that it
 * is for does: a harness starts its program again with another port when that happens.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    server.close()
    await once(server, 'close')
    if (address === null || typeof address === 'string' || given.has(address.port)) continue
    given.add(address.port)
    return address.port
  }
}
