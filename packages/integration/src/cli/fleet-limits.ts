/** How many listeners a fleet of one machine may have. */
export const FLEET_LISTENERS = { least: 20, most: 5_000 }
/** And how many workers. */
export const FLEET_WORKERS = { least: 2, most: 32 }
