"""What data is shared, by whom and on what terms (政务数据目录), and which evidence a service item (事项) needs."""
