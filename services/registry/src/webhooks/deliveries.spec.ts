import { neverSent } from './deliveries';

it('knows which wishes no fact meets', () => {
  expect(neverSent(['*', 'registry.alias.assigned', 'registry.model-version.*'])).toBeUndefined();
  expect(neverSent(['registry.alias.assigned', 'registry.aliass.assigned'])).toBe('registry.aliass.assigned');
  expect(neverSent(['training.*'])).toBe('training.*');
});
