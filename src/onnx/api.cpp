#include "onnx/api.h"

#include <dlfcn.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

namespace updraft::onnx {
namespace {

constexpr std::uint32_t version = 1;
constexpr std::size_t longest_message = 300;

// OrtApiBase
struct ApiBase {
  const void* (*api)(std::uint32_t version);  // nullptr: does not know the version
  const char* (*version)();
};

// OrtApi of version 1: nothing but pointers to functions.
Api read_table(const void* const* table) {
  Api api;
  const auto take = [&](std::size_t place, auto& function) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(const_cast<void*>(table[place]));
  };
  take(1, api.error_code);                 // GetErrorCode
  take(2, api.error_message);              // GetErrorMessage
  take(3, api.create_env);                 // CreateEnv
  take(7, api.create_session);             // CreateSession
  take(9, api.run);                        // Run
  take(10, api.create_session_options);    // CreateSessionOptions
  take(23, api.set_optimization);          // SetSessionGraphOptimizationLevel
  take(24, api.set_threads);               // SetIntraOpNumThreads
  take(30, api.input_count);               // SessionGetInputCount
  take(31, api.output_count);              // SessionGetOutputCount
  take(33, api.input_type);                // SessionGetInputTypeInfo
  take(34, api.output_type);               // SessionGetOutputTypeInfo
  take(36, api.input_name);                // SessionGetInputName
  take(37, api.output_name);               // SessionGetOutputName
  take(49, api.create_tensor);             // CreateTensorWithDataAsOrtValue
  take(50, api.is_tensor);                 // IsTensor
  take(51, api.tensor_data);               // GetTensorMutableData
  take(55, api.tensor_info);               // CastTypeInfoToTensorInfo
  take(60, api.element_type);              // GetTensorElementType
  take(61, api.dimension_count);           // GetDimensionsCount
  take(62, api.dimensions);                // GetDimensions
  take(65, api.type_and_shape);            // GetTensorTypeAndShape
  take(69, api.create_cpu_memory_info);    // CreateCpuMemoryInfo
  take(76, api.allocator_free);            // AllocatorFree
  take(78, api.default_allocator);         // GetAllocatorWithDefaultOptions
  take(93, api.release_status);            // ReleaseStatus
  take(94, api.release_memory_info);       // ReleaseMemoryInfo
  take(95, api.release_session);           // ReleaseSession
  take(96, api.release_value);             // ReleaseValue
  take(98, api.release_type_info);         // ReleaseTypeInfo
  take(99, api.release_tensor_info);       // ReleaseTensorTypeAndShapeInfo
  take(100, api.release_session_options);  // ReleaseSessionOptions
  return api;
}

std::string how_to_get_it() {
  return "; tools/fetch onnxruntime fetches ONNX Runtime, or UPDRAFT_ONNXRUNTIME names its libonnxruntime.so";
}

Result<Api> load(const std::filesystem::path& library) {
  std::vector<std::string> names = {library.string()};
  if (library.empty()) names = {"libonnxruntime.so.1", "libonnxruntime.so"};
  // Never closed: its threads may outlive any moment that we could choose.
  void* handle = nullptr;
  for (const std::string& name : names) {
    if (handle == nullptr) handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  if (handle == nullptr) {
    const std::string what = library.empty() ? "ONNX Runtime, which runs a pair of encoders, is not installed"
                                             : library.string() + ": cannot be loaded as a library";
    return fail(ErrorCode::unsupported, what + how_to_get_it());
  }
  const auto base = reinterpret_cast<const ApiBase* (*)()>(::dlsym(handle, "OrtGetApiBase"));
  const void* table = base == nullptr ? nullptr : base()->api(version);
  if (table == nullptr) {
    return fail(ErrorCode::unsupported, (library.empty() ? names.front() : library.string()) +
                                            ": not ONNX Runtime, or not a version of it that updraft knows" +
                                            how_to_get_it());
  }
  Api api = read_table(static_cast<const void* const*>(table));
  OrtStatus* status = api.create_env(log_fatal, "updraft", &api.env);
  if (status == nullptr) status = api.default_allocator(&api.allocator);
  if (status == nullptr) status = api.create_cpu_memory_info(arena_allocator, default_memory, &api.memory);
  if (status != nullptr) return tl::unexpected(take_error(api, status));
  return api;
}

}  // namespace

Result<const Api*> load_api(const std::filesystem::path& library) {
  static std::mutex mutex;
  static const Api* loaded = nullptr;
  const std::scoped_lock lock(mutex);
  if (loaded == nullptr) {
    const auto api = load(library);
    if (!api) return tl::unexpected(api.error());
    static const Api kept = *api;
    loaded = &kept;
  }
  return loaded;
}

Error take_error(const Api& api, OrtStatus* status) {
  const int code = api.error_code(status);
  std::string message = api.error_message(status);
  api.release_status(status);
  std::replace_if(
      message.begin(), message.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  if (message.size() > longest_message) message = message.substr(0, longest_message) + "...";
  if (code == error_no_such_file) return {ErrorCode::not_found, message};
  return {code == error_not_implemented ? ErrorCode::unsupported : ErrorCode::corrupt, message};
}

}  // namespace updraft::onnx
