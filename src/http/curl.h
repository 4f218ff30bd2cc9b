// libcurl, loaded when it is first needed: it brings thirty shared libraries along, which take 16 ms to load, and most
// runs of the program talk to nobody.
#pragma once

#include <curl/curl.h>

#include <memory>

#include "updraft/result.h"

namespace updraft::http {

struct Curl {
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_reset) easy_reset = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
  decltype(&::curl_url) url = nullptr;
  decltype(&::curl_url_cleanup) url_cleanup = nullptr;
  decltype(&::curl_url_set) url_set = nullptr;
  decltype(&::curl_url_get) url_get = nullptr;
  decltype(&::curl_free) free = nullptr;
};

// The one of the process, ready for use from any thread. Errors: unsupported (it is not installed).
[[nodiscard]] Result<const Curl*> load_curl();

// Gives back to libcurl what came from it.
struct CurlDeleter {
  const Curl* curl = nullptr;
  void operator()(CURL* handle) const { curl->easy_cleanup(handle); }
  void operator()(CURLU* url) const { curl->url_cleanup(url); }
  void operator()(curl_slist* list) const { curl->slist_free_all(list); }
  void operator()(char* text) const { curl->free(text); }
};
template <class T>
using CurlOwned = std::unique_ptr<T, CurlDeleter>;

}  // namespace updraft::http
