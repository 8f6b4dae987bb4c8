"""From fitted members to one ONNX graph: trees and layers read from each library, exact for every number."""
