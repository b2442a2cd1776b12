import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { IntegrationError } from '../errors/integration-error.ts'
import { monotonicTime, sleep, startTimer } from './default-sleep.ts'

/** How long one installation may keep the others waiting, in milliseconds. */
const LOCK_TIMEOUT = 900_000

/**
 * Runs `work` while no other process of this machine runs any under the same name. The lock is an abstract
 * Unix socket: the kernel frees it with the process that held it, so a lock can never be left behind. Linux
 * only.
 * @throws IntegrationError `lock-timeout` when others have held it for {@link LOCK_TIMEOUT}.
 */
export async function withMachineLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const path = `\0sapwood-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`
  const deadline = monotonicTime() + LOCK_TIMEOUT
  let release = await tryAcquire(path)
  while (release === undefined) {
    if (monotonicTime() > deadline) {
      throw new IntegrationError('lock-timeout', `another process has been busy with ${name} for too long`)
    }
    await waitForRelease(path, deadline)
    release = await tryAcquire(path)
  }
  try {
    return await work()
  } finally {
    release()
  }
}

/** @returns the way to give the lock back, or undefined when another process holds it. */
async function tryAcquire(path: string): Promise<(() => void) | undefined> {
  // Whoever waits keeps a connection to us open, and sees it end when the lock is free.
  const waiting = new Set<Socket>()
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    waiting.add(socket)
  })
  server.listen(path)
  try {
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw error
  }
  return () => {
    server.close()
    for (const socket of waiting) socket.destroy()
  }
}

async function waitForRelease(path: string, deadline: number): Promise<void> {
  const socket = connect(path)
  const giveUp = startTimer(Math.max(0, deadline - monotonicTime()), () => socket.destroy())
  socket.on('error', () => undefined)
  socket.resume()
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
  })
  giveUp()
  await sleep(20)
}
