import tseslint from 'typescript-eslint';

// Pure code: what it computes may depend on its arguments alone, and must give the same bits on every engine.
const pureFiles = [
  'libs/{features,learn,drift}/src/**/*.ts',
  'libs/kernel/src/**/*.ts',
  'services/*/src/domain/**/*.ts',
];
const portable = 'differs between engines; take it from #kernel (portable-math)';
const ambient = 'is a hidden input; take it as a parameter (law L5)';

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'clients/typescript/dist/**',
      'node_modules/**',
      '.playhead/**',
      '**/*.cjs',
      '**/*.mjs',
      '**/*.js',
      'bench/**/*.py',
    ],
  },
  {
    files: [
      'services/**/*.ts',
      'libs/**/*.ts',
      'cli/**/*.ts',
      'test/**/*.ts',
      'bench/**/*.ts',
      'clients/**/*.ts',
      'docs/**/*.ts',
      'console/**/*.ts',
      'console/**/*.tsx',
    ],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      'no-console': 'error',
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
    },
  },
  {
    files: pureFiles,
    ignores: ['**/*.spec.ts', '**/*.testing.ts', '**/*.conformance.ts', 'libs/kernel/src/portable-math.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['process', 'setTimeout', 'setInterval', 'performance', 'crypto', 'fetch'].map((name) => ({
          name,
          message: ambient,
        })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: `Date.now ${ambient}` },
        { object: 'Math', property: 'random', message: `Math.random ${ambient}` },
        ...[
          'pow',
          'exp',
          'expm1',
          'log',
          'log2',
          'log10',
          'log1p',
          'sin',
          'cos',
          'tan',
          'tanh',
          'sinh',
          'cosh',
          'cbrt',
          'hypot',
          'atan2',
        ].map((property) => ({ object: 'Math', property, message: `Math.${property} ${portable}` })),
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "BinaryExpression[operator='**'], AssignmentExpression[operator='**=']",
          message: `** ${portable}`,
        },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: `new Date() ${ambient}`,
        },
      ],
    },
  },
  // Decorated classes need their injected types at run time.
  {
    files: ['services/**/*.ts', 'libs/runtime/**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    files: ['cli/**/*.ts', 'bench/**/*.ts', 'clients/**/*.ts', 'docs/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
);
