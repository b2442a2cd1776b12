import { join } from 'node:path'
import {
  findProgram,
  type FindProgramOptions,
  type Program,
  type ProgramSpec,
} from '../programs/find-program.ts'

/** The NATS server, JetStream included. */
export const NATS_SERVER: ProgramSpec = {
  name: 'nats-server',
  variable: 'NATS_SERVER',
  debian: { packages: ['nats-server'], executable: 'usr/sbin/nats-server' },
}

/** A Python that can `import zmq`: the subscriber that Bitcoin Core's own examples use. */
export const PYTHON_ZMQ: ProgramSpec = {
  name: 'python3-zmq',
  variable: 'PYTHON_ZMQ',
  debian: { packages: ['python3-zmq', 'python3-minimal', 'python3'], executable: 'usr/bin/python3' },
}

/**
 * Finds or installs it, with what it has to be told of where its modules are: it is started by its own loader
 * and would look beside that.
 */
export async function findPythonZmq(options?: FindProgramOptions): Promise<Program> {
  const program = await findProgram(PYTHON_ZMQ, options)
  if (program.folder === undefined) return program
  const home = join(program.folder, 'usr')
  return {
    ...program,
    environment: {
      ...program.environment,
      PYTHONHOME: home,
      PYTHONPATH: join(home, 'lib/python3/dist-packages'),
    },
  }
}
