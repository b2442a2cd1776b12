import { join } from 'node:path'
import { makeFolder } from '@sapwood/node'
import { addAbortListener } from '@sapwood/transport-v1v2/environment'
import type { Surroundings } from '../connecting/surroundings.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { LiveView } from '../live/live-view.ts'
import { openLog } from '../node-run/json-log.ts'
import { readNodeSettings } from '../node-run/node-settings.ts'
import { startNode } from '../node-run/start-node.ts'

/** Core's name of the log. */
const LOG_FILE = 'debug.log'

/** Runs a node until it is told to stop: by a signal, or by the call `stop`. Both are a clean end. */
export async function nodeCommand(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const settings = await readNodeSettings(args)
  const { io, clock } = surroundings
  await makeFolder(settings.folder)
  // On a terminal there is the view, unless the log is asked for.
  const openScreen = settings.printToConsole === true ? undefined : surroundings.openScreen
  const prints = settings.printToConsole ?? openScreen === undefined
  let view: LiveView | undefined
  const log = openLog(join(settings.folder, LOG_FILE), clock, settings.debug, (line) => {
    if (prints) io.out(line)
    view?.tell(eventText(line))
  })
  const stopping = new AbortController()
  const stopped = new Promise<void>((resolve) => addAbortListener(stopping.signal, resolve))
  const stop = (): void => stopping.abort(new Error('the node stops'))
  addAbortListener(surroundings.signal, stop)
  if (surroundings.signal.aborted) stop()
  try {
    const signal = stopping.signal
    await using running = await startNode(settings, { ...surroundings, signal }, log, stop)
    log.info(
      {
        network: settings.network.name,
        folder: settings.folder,
        listening: running.node.network.listening(),
      },
      'the node runs',
    )
    if (openScreen !== undefined) {
      const { node, traffic } = running
      view = new LiveView({ node, traffic, clock, stop, screen: await openScreen() })
    }
    await stopped
    view?.close()
  } catch (error) {
    view?.close()
    log.error({ err: error }, 'the node cannot run')
    throw error
  } finally {
    log.close()
  }
  return EXIT.done
}

/** A line of the log for people: when, whom, what. */
function eventText(line: string): string {
  const { time, address, msg } = JSON.parse(line) as { time: number; address?: string; msg: string }
  const at = new Date(time).toISOString().slice(11, 19)
  return `${at} ${address === undefined ? '' : `${address} `}${msg}`
}
