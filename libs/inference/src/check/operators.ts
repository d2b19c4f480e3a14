/**
 * Operators that a model from elsewhere may use: functions of its input that end. Not on the list: what draws random numbers (RandomNormal,
 * Multinomial, Bernoulli ...: the same row would have another answer tomorrow), Loop (nothing bounds it beforehand), what reads files or has no
 * use for rows of numbers (images, audio, training), and every domain but ONNX's own two.
 */
export const ALLOWED_OPERATORS: Readonly<Record<string, ReadonlySet<string>>> = {
  '': new Set(
    `Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization BitShift BitwiseAnd
    BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Celu Clip Compress Concat Constant ConstantOfShape Conv Cos Cosh CumSum
    DequantizeLinear Det Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements
    GatherND Gelu Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual HardSigmoid HardSwish Hardmax Identity If InstanceNormalization
    IsInf IsNaN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax MatMul MatMulInteger Max MaxPool Mean
    MeanVarianceNormalization Min Mish Mod Mul Neg NonZero Not OneHot Or PRelu Pad Pow QLinearMatMul QuantizeLinear RNN Range Reciprocal
    ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape
    ReverseSequence Round Scan ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign Split
    Sqrt Squeeze StringNormalizer Sub Sum Tan Tanh Tile TopK Transpose Trilu Unique Unsqueeze Where Xor`.split(
      /\s+/,
    ),
  ),
  'ai.onnx.ml': new Set(
    `ArrayFeatureExtractor Binarizer CastMap CategoryMapper DictVectorizer FeatureVectorizer Imputer LabelEncoder LinearClassifier
    LinearRegressor Normalizer OneHotEncoder SVMClassifier SVMRegressor Scaler TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor
    ZipMap`.split(/\s+/),
  ),
};

/** Versions of the operator sets that are taken, from and to. */
export const ALLOWED_OPSETS: Readonly<Record<string, readonly [number, number]>> = {
  '': [7, 23],
  'ai.onnx.ml': [1, 5],
};

/** `ai.onnx` is the long name of the domain without one. */
export const domainOf = (domain: string | null | undefined): string =>
  domain === 'ai.onnx' ? '' : (domain ?? '');

export const domainName = (domain: string): string => (domain === '' ? 'ai.onnx' : domain);
