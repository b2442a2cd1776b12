import { test } from '@jest/globals'
import { checks } from './checks.mjs'

for (const [name, check] of Object.entries(checks)) test(name, check, 30_000)
