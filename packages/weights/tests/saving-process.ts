// Saves to the path in argv[2]: once as argv[3] says, or for ever with 'loop', each file all of one value.
import { saveSafetensors } from '../src/node.ts';

const [, , path = '', mode] = process.argv;
for (let value = 1; ; value++) {
  const data = new Float32Array(1_000_000).fill(value);
  await saveSafetensors(path, new Map([['w', { dtype: 'float32', shape: [1000, 1000], data }]]), {
    value: `${value}`,
  }).catch((error) => {
    console.log(`${error.code} ${error.message}`);
    process.exit(3);
  });
  console.log(`saved ${value}`);
  if (mode !== 'loop') break;
}
