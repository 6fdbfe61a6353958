// The steps of a connection whose request is written to a file while it arrives. All others are in
// connection.cpp and connection_making.cpp.
#include <utility>

#include "loop/connection.h"
#include "loop/upload.h"

namespace tinyserve::loop {

namespace {

using http::RequestReader;
using http::Status;
using Step = UploadJob::Step;

}  // namespace

// The head of a PUT is there: whether it can be done at all is found out before any of its content
// is asked for. False: it must be answered now.
bool Connection::begin_upload(Services& services) {
  RequestReader& reader = exchange_->reader;
  if (!services.workers.has_room()) return false;
  auto change = services.router.begin_upload(reader.request());
  if (!change) return false;
  reader.stream_content();
  if (!reader.in_content()) return true;  // no memory is left for its head: the reader refuses it
  exchange_->upload = *std::move(change);
  give_upload_away(services, Step::kBegin);
  return true;
}

// A piece of the content is there, or all of it has been handed over.
void Connection::continue_upload(Services& services, RequestReader::Next next) {
  give_upload_away(services, next == RequestReader::Next::kContent ? Step::kAppend : Step::kCommit);
}

// Nothing is read before the worker has taken the step.
void Connection::give_upload_away(Services& services, Step step) {
  Exchange& exchange = *exchange_;
  begin_answer();
  exchange.job_under_way = true;
  services.post(
      std::make_unique<UploadJob>(std::move(exchange.upload), step, exchange.reader.take_piece()));
}

void Connection::resume_upload(Services& services, UploadJob& job) {
  const bool is_waited_for = exchange_ && exchange_->job_under_way;
  if (job.step() == Step::kDiscard || !is_waited_for) return;
  Exchange& exchange = *exchange_;
  const http::Request& request = exchange.reader.request();
  exchange.upload = job.take_change();
  if (job.has_failed()) {
    return deliver_late(services, handlers::refusal_answer({Status::kUnavailable, "out of memory"},
                                                           request.fields));
  }
  if (auto answer = job.take_answer()) {
    return deliver_late(services, services.router.complete(request, *std::move(answer)));
  }
  exchange.job_under_way = false;
  // The time that a disk takes is not the client's.
  progress_.last_byte_ms = services.now.mono_ms();
  if (job.step() == Step::kBegin) {
    progress_.content_since_ms = services.now.mono_ms();
    if (request.expects_continue) queue_continue();
  }
  services.router.new_batch();
  pump(services);
}

void Connection::discard_upload(Services& services) {
  if (exchange_->upload) services.post(discard(std::move(exchange_->upload)));
}

}  // namespace tinyserve::loop
