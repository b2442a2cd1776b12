/** Most bytes of a script (`MAX_SCRIPT_SIZE`, script.h): no longer one can ever be spent. */
export const MAX_SCRIPT_SIZE = 10_000
