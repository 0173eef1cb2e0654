"""What tests stand on: folders of vectors, servers, pods as processes, builders."""
