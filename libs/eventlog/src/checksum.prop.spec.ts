import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { checksumOf } from './checksum';

it('prints the CRC32C of a value as eight digits', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const value = Buffer.from(bytes);
      expect(checksumOf(value)).toBe((crc32c(value) >>> 0).toString(16).padStart(8, '0'));
    }),
  );
  expect(checksumOf(Buffer.from('123456789'))).toBe('e3069283');
  expect(checksumOf(null)).toBe('00000000');
});
