export { Crawl, type CrawlOptions, type Visit } from './crawl.ts'
export { CrawlSummary } from './crawl-summary.ts'
