export { Crawl, type CrawlOptions, type CrawlParts } from './crawl.ts'
export { CrawlSummary } from './crawl-summary.ts'
export type { FailedVisit, Visit, VisitedNode } from './visit.ts'
export { visitNode, type VisitComponents, type VisitOptions } from './visit-node.ts'
