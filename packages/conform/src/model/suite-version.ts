/** The version of the suite, which says since when a case is there. */
export const SUITE_VERSION = '0.4.0'
