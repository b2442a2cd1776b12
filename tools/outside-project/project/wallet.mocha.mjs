import { checks } from './checks.mjs'

for (const [name, check] of Object.entries(checks)) it(name, check)
