import type { ProgramSpec } from '../programs/find-program.ts'

/** A small SOCKS5 server: any target, one username and password or none. */
export const MICROSOCKS: ProgramSpec = {
  name: 'microsocks',
  variable: 'MICROSOCKS',
  debian: { packages: ['microsocks'], executable: 'usr/bin/microsocks' },
}

/**
 * A SOCKS5 server with rules. Its accounts are those of the system, which `libnss-wrapper` lets us stand in
 * for.
 */
export const DANTE: ProgramSpec = {
  name: 'danted',
  otherNames: ['sockd'],
  variable: 'DANTED',
  debian: { packages: ['dante-server', 'libnss-wrapper'], executable: 'usr/sbin/danted' },
}
