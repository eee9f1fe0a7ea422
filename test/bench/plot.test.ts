import assert from 'node:assert/strict';
import { test } from 'node:test';

import { drawChart } from './plot.js';

test('a chart has a line for each series, a mark for each round value, and no text that could be markup', () => {
  const svg = drawChart({
    title: 'Time <against> size & more',
    subtitle: 'today',
    x: { label: 'size', format: (size) => `${size} MB`, isLogarithmic: true },
    y: { label: 'time', format: (seconds) => `${seconds} s` },
    series: [
      {
        name: 'reg',
        points: [
          { x: 1000, y: 4 },
          { x: 1, y: 1 },
        ],
      },
      {
        name: 'other',
        points: [
          { x: 1, y: 2 },
          { x: 1000, y: 8 },
        ],
      },
    ],
  });
  assert.equal(svg.match(/<polyline /g)?.length, 2);
  assert.equal(svg.match(/<circle /g)?.length, 4);
  for (const mark of ['>1 MB<', '>10 MB<', '>100 MB<', '>1000 MB<', '>0 s<', '>8 s<'])
    assert.ok(svg.includes(mark), mark);
  assert.ok(svg.includes('Time &lt;against> size &amp; more'));
  // The first point is the least, whatever the order; 8 is at the top of the frame, and 0 at its bottom.
  assert.match(svg, /points="72,273\.5 460,188"/);
  assert.match(svg, /points="72,245 460,74"/);
});
