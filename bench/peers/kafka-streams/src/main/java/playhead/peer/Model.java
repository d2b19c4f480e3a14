package playhead.peer;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.Map;

/** The ONNX model; sessions may be used by several threads at once. */
final class Model {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;
  private final String input;

  Model(String file) throws OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setIntraOpNumThreads(1);
    options.setInterOpNumThreads(1);
    session = environment.createSession(file, options);
    input = session.getInputNames().iterator().next();
  }

  /** Scores of `rows` rows, from a direct buffer whose limit is their end. */
  float[] score(FloatBuffer matrix, int rows) throws OrtException {
    long[] shape = {rows, Customer.VALUES};
    try (OnnxTensor tensor = OnnxTensor.createTensor(environment, matrix, shape);
        OrtSession.Result result = session.run(Map.of(input, tensor))) {
      float[] scores = new float[rows];
      ((OnnxTensor) result.get(0)).getFloatBuffer().get(scores);
      return scores;
    }
  }
}
