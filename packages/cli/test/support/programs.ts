import type { ProgramSpec } from '@sapwood/integration'

/** Wireshark's dissectors, without its windows. */
export const TSHARK: ProgramSpec = {
  name: 'tshark',
  variable: 'TSHARK',
  debian: { packages: ['tshark'], executable: 'usr/bin/tshark' },
}

/** A terminal that can be typed into and looked at. */
export const TMUX: ProgramSpec = {
  name: 'tmux',
  variable: 'TMUX_PROGRAM',
  debian: { packages: ['tmux'], executable: 'usr/bin/tmux' },
}
