import { ConfigurationError } from '#kernel';
import { cacheFolder } from './commands';
import { externalEndpoints } from './external';

describe('externalEndpoints', () => {
  it('is empty where nothing is set', () => expect(externalEndpoints({ KAFKA_BROKERS: '' })).toEqual({}));

  it('takes each part from its variables', () => {
    const env = {
      KAFKA_BROKERS: 'a:9092, b:9092',
      POSTGRES_URL: 'postgres://u:p@db:5432/playhead',
      S3_ENDPOINT: 'https://s3.example',
      S3_ACCESS_KEY: 'key',
      S3_SECRET_KEY: 'secret',
    };
    expect(externalEndpoints(env)).toEqual({
      kafka: { brokers: ['a:9092', 'b:9092'] },
      postgres: { url: env.POSTGRES_URL },
      s3: {
        kind: 's3',
        endpoint: env.S3_ENDPOINT,
        bucket: 'playhead',
        accessKey: 'key',
        secretKey: 'secret',
      },
    });
  });

  it('lists all faults at once', () => {
    const faulty = (): unknown =>
      externalEndpoints({ KAFKA_BROKERS: 'a', POSTGRES_URL: 'db:5432', S3_ENDPOINT: 'http://s3' });
    expect(faulty).toThrow(ConfigurationError);
    expect(faulty).toThrow(/KAFKA_BROKERS[^]*POSTGRES_URL[^]*S3_ACCESS_KEY[^]*S3_SECRET_KEY/);
  });
});

describe('cacheFolder', () => {
  it.each([
    [{ PLAYHEAD_CACHE: '/c', XDG_CACHE_HOME: '/x', HOME: '/h' }, '/c'],
    [{ XDG_CACHE_HOME: '/x', HOME: '/h' }, '/x/playhead'],
    [{ HOME: '/h' }, '/h/.cache/playhead'],
  ])('%j is %s', (env, folder) => expect(cacheFolder(env)).toBe(folder));
});
