import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IntegrationError } from '../errors/integration-error.ts'
import { monotonicTime, sleep, startTimer } from './default-sleep.ts'

/** How long one installation may keep the others waiting, in milliseconds. */
const LOCK_TIMEOUT = 900_000

/**
 * Runs `work` while no other process of this machine runs any under the same name. The lock is an abstract
 * Unix socket: the kernel frees it with the process that held it, so a lock can never be left behind. Where
 * there are none but in Linux it is one in the temporary folder, and who finds that nobody holds it takes it
 * away.
 * @param platform `process.platform`, by default this machine's.
 * @throws IntegrationError `lock-timeout` when others have held it for {@link LOCK_TIMEOUT}.
 */
export async function withMachineLock<T>(
  name: string,
  work: () => Promise<T>,
  platform: string = process.platform,
): Promise<T> {
  const id = `sapwood-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`
  const path = platform === 'linux' ? `\0${id}` : join(tmpdir(), `${id}.sock`)
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
  server.on('error', () => undefined)
  return () => {
    server.close()
    for (const socket of waiting) socket.destroy()
  }
}

async function waitForRelease(path: string, deadline: number): Promise<void> {
  const socket = connect(path)
  const giveUp = startTimer(Math.max(0, deadline - monotonicTime()), () => socket.destroy())
  const refused = { isSo: false }
  socket.on('error', ({ code }: NodeJS.ErrnoException) => (refused.isSo = code === 'ECONNREFUSED'))
  socket.resume()
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
  })
  giveUp()
  // A socket in a folder outlives the process that held it.
  if (refused.isSo && !path.startsWith('\0')) await rm(path, { force: true })
  await sleep(20)
}
