// The part of ONNX Runtime's C API that updraft calls, and the library, loaded when it is first needed. Debian 12 has
// neither the library nor its header, so what is needed of the latter is declared here and nowhere else:
// OrtGetApiBase()->GetApi(1) gives a table of functions whose order is promised never to change (onnxruntime_c_api.h of
// the project, "version 1 API"); each one is taken from its place in that table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "updraft/result.h"

// Types of the library, which nobody looks into. Functions give nullptr for success.
struct OrtStatus;
struct OrtEnv;
struct OrtSession;
struct OrtSessionOptions;
struct OrtRunOptions;
struct OrtTypeInfo;
struct OrtTensorTypeAndShapeInfo;
struct OrtValue;
struct OrtMemoryInfo;
struct OrtAllocator;

namespace updraft::onnx {

inline constexpr int type_float = 1, type_int32 = 6, type_int64 = 7;     // ONNXTensorElementDataType
inline constexpr int error_no_such_file = 3, error_not_implemented = 9;  // OrtErrorCode
inline constexpr int log_fatal = 4;                                      // OrtLoggingLevel
inline constexpr int all_optimizations = 99;                             // GraphOptimizationLevel
inline constexpr int arena_allocator = 1, default_memory = 0;            // OrtAllocatorType, OrtMemType

struct Api {
  int (*error_code)(const OrtStatus*) = nullptr;
  const char* (*error_message)(const OrtStatus*) = nullptr;
  OrtStatus* (*create_env)(int log_level, const char* name, OrtEnv**) = nullptr;
  OrtStatus* (*create_session)(const OrtEnv*, const char* path, const OrtSessionOptions*, OrtSession**) = nullptr;
  OrtStatus* (*run)(OrtSession*, const OrtRunOptions*, const char* const* input_names, const OrtValue* const* inputs,
                    std::size_t n_inputs, const char* const* output_names, std::size_t n_outputs,
                    OrtValue** outputs) = nullptr;
  OrtStatus* (*create_session_options)(OrtSessionOptions**) = nullptr;
  OrtStatus* (*set_optimization)(OrtSessionOptions*, int level) = nullptr;
  OrtStatus* (*set_threads)(OrtSessionOptions*, int threads) = nullptr;
  OrtStatus* (*input_count)(const OrtSession*, std::size_t*) = nullptr;
  OrtStatus* (*output_count)(const OrtSession*, std::size_t*) = nullptr;
  OrtStatus* (*input_type)(const OrtSession*, std::size_t, OrtTypeInfo**) = nullptr;
  OrtStatus* (*output_type)(const OrtSession*, std::size_t, OrtTypeInfo**) = nullptr;
  OrtStatus* (*input_name)(const OrtSession*, std::size_t, OrtAllocator*, char**) = nullptr;
  OrtStatus* (*output_name)(const OrtSession*, std::size_t, OrtAllocator*, char**) = nullptr;
  OrtStatus* (*create_tensor)(const OrtMemoryInfo*, void* data, std::size_t bytes, const std::int64_t* shape,
                              std::size_t dimensions, int type, OrtValue**) = nullptr;  // data stays the caller's
  OrtStatus* (*is_tensor)(const OrtValue*, int*) = nullptr;
  OrtStatus* (*tensor_data)(OrtValue*, void**) = nullptr;
  OrtStatus* (*tensor_info)(const OrtTypeInfo*, const OrtTensorTypeAndShapeInfo**) = nullptr;  // of the type info
  OrtStatus* (*element_type)(const OrtTensorTypeAndShapeInfo*, int*) = nullptr;
  OrtStatus* (*dimension_count)(const OrtTensorTypeAndShapeInfo*, std::size_t*) = nullptr;
  OrtStatus* (*dimensions)(const OrtTensorTypeAndShapeInfo*, std::int64_t*, std::size_t) = nullptr;
  OrtStatus* (*type_and_shape)(const OrtValue*, OrtTensorTypeAndShapeInfo**) = nullptr;
  OrtStatus* (*create_cpu_memory_info)(int allocator, int memory, OrtMemoryInfo**) = nullptr;
  OrtStatus* (*allocator_free)(OrtAllocator*, void*) = nullptr;
  OrtStatus* (*default_allocator)(OrtAllocator**) = nullptr;
  void (*release_status)(OrtStatus*) = nullptr;
  void (*release_memory_info)(OrtMemoryInfo*) = nullptr;
  void (*release_session)(OrtSession*) = nullptr;
  void (*release_value)(OrtValue*) = nullptr;
  void (*release_type_info)(OrtTypeInfo*) = nullptr;
  void (*release_tensor_info)(OrtTensorTypeAndShapeInfo*) = nullptr;
  void (*release_session_options)(OrtSessionOptions*) = nullptr;

  // One of each in a process, for as long as it lives.
  OrtEnv* env = nullptr;
  OrtAllocator* allocator = nullptr;
  OrtMemoryInfo* memory = nullptr;
};

// The one of the process, ready for use from any thread. `library` names the file; empty: libonnxruntime.so.1 or
// libonnxruntime.so where the system's search finds it. The first one that could be loaded stays, whoever names another
// one later. Errors: unsupported (it is not there, or is none), with what to do.
[[nodiscard]] Result<const Api*> load_api(const std::filesystem::path& library);

// Of a failed call, in one line, without what the library holds of it.
[[nodiscard]] Error take_error(const Api& api, OrtStatus* status);

}  // namespace updraft::onnx
