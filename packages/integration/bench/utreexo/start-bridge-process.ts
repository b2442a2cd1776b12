import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface BridgeProcess {
  readonly port: number
  readonly pid: number
  /** From the moment that its code had been loaded until it had all proofs. */
  readonly seconds: number
  /** Of CPU time, from and until the same. */
  readonly cpuSeconds: number
  readonly stop: () => void
}

/** A bridge of ours in a process of its own, with all proofs. @param args Those of `bridge-process.ts`. */
export async function startBridgeProcess(args: readonly string[]): Promise<BridgeProcess> {
  const script = new URL('bridge-process.ts', import.meta.url).pathname
  const command = ['--import', 'tsx', '--conditions=@sapwood/source', script, ...args]
  const bridge = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface(bridge.stdout), 'line')) as [string]
  const [port, seconds, cpuSeconds] = line.split(' ').map(Number) as [number, number, number]
  return { port, pid: bridge.pid!, seconds, cpuSeconds, stop: () => void bridge.kill() }
}
