import { test } from 'node:test'
import { checks } from './checks.mjs'

for (const [name, check] of Object.entries(checks)) test(name, { timeout: 30_000 }, check)
