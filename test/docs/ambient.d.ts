// What an example in a document may use without saying where it comes from.
declare const pool: import('../../src/pg.js').Pool
declare const cluster: import('../../src/testing.js').TestCluster
